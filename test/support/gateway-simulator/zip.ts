import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive. */
export interface ZipEntry {
  readonly path: string;
  readonly content: Buffer;
}

/** An archive as Java writes it: deflated, sizes behind the data (bit 3), names in UTF-8, one fixed time: the same input gives the same bytes. */
export function zip(entries: readonly ZipEntry[]): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { path, content } of entries) {
    const name = Buffer.from(path, 'utf8');
    const data = deflateRawSync(content);
    const sums = Buffer.alloc(12);
    sums.writeUInt32LE(crc32(content), 0);
    sums.writeUInt32LE(data.length, 4);
    sums.writeUInt32LE(content.length, 8);
    const fixed = Buffer.from([20, 0, 8, 8, 8, 0, 0, 0, 0x21, 0x5a]);
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fixed, Buffer.alloc(12), lengths(name.length), name]);
    const described = Buffer.concat([Buffer.from('PK\x07\x08', 'latin1'), sums]);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(offset, 10);
    directory.push(
      Buffer.concat([Buffer.from('PK\x01\x02\x14\0', 'latin1'), fixed, sums, lengths(name.length), tail.subarray(0, 14), name]),
    );
    parts.push(local, data, described);
    offset += local.length + data.length + described.length;
  }
  const size = directory.reduce((sum, { length }) => sum + length, 0);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** Lengths of name and extra field. */
function lengths(name: number): Buffer {
  const field = Buffer.alloc(4);
  field.writeUInt16LE(name, 0);
  return field;
}
