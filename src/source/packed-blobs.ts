/** Bytes of a record: a git id, padded; a sha256; the size; whether it is a Git LFS pointer. */
const [ID, DIGEST, SIZE] = [32, 32, 6];
const RECORD = ID + DIGEST + SIZE + 2;
const [AT_DIGEST, AT_SIZE, AT_LFS, AT_ID_LENGTH] = [ID, ID + DIGEST, ID + DIGEST + SIZE, ID + DIGEST + SIZE + 1];
const FIRST = 1024;

/** What a git blob is in the content store. */
export interface StoredBlob {
  readonly sha256: string;
  readonly size: number;
  /** A Git LFS pointer instead of content. */
  readonly lfsPointer: boolean;
}

/** What git blobs are in the content store, by their ids, in 80 bytes each: a map of objects and texts takes five times as many. */
export class PackedBlobs {
  #records = Buffer.alloc(FIRST * RECORD);
  /** Positions in `#records` plus one, by hash; 0 = free. Twice as many as there is room for records. */
  #slots = new Uint32Array(2 * FIRST);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(oid: string): StoredBlob | undefined {
    const id = idOf(oid);
    const at = (this.#slots[this.#slotOf(id)] ?? 0) - 1;
    return at < 0 ? undefined : this.#blobAt(at);
  }

  has(oid: string): boolean {
    return this.#slots[this.#slotOf(idOf(oid))] !== 0;
  }

  set(oid: string, blob: StoredBlob): void {
    const id = idOf(oid);
    let slot = this.#slotOf(id);
    let at = (this.#slots[slot] ?? 0) - 1;
    if (at < 0) {
      if (this.#size * RECORD === this.#records.length) {
        this.#grow();
        slot = this.#slotOf(id);
      }
      at = this.#size++;
      this.#slots[slot] = at + 1;
    }
    const record = this.#records.subarray(at * RECORD, (at + 1) * RECORD);
    id.copy(record);
    record.write(blob.sha256, AT_DIGEST, 'hex');
    record.writeUIntLE(blob.size, AT_SIZE, SIZE);
    record[AT_LFS] = blob.lfsPointer ? 1 : 0;
    record[AT_ID_LENGTH] = oid.length / 2;
  }

  *[Symbol.iterator](): Generator<[string, StoredBlob]> {
    for (let at = 0; at < this.#size; at += 1) {
      const start = at * RECORD;
      const length = this.#records[start + AT_ID_LENGTH] ?? 0;
      yield [this.#records.toString('hex', start, start + length), this.#blobAt(at)];
    }
  }

  #blobAt(at: number): StoredBlob {
    const start = at * RECORD;
    return {
      sha256: this.#records.toString('hex', start + AT_DIGEST, start + AT_SIZE),
      size: this.#records.readUIntLE(start + AT_SIZE, SIZE),
      lfsPointer: this.#records[start + AT_LFS] === 1,
    };
  }

  /** The slot of an id, or the free one where it would be. Git's ids are evenly spread already. */
  #slotOf(id: Buffer): number {
    const mask = this.#slots.length - 1;
    for (let slot = id.readUInt32LE(0) & mask; ; slot = (slot + 1) & mask) {
      const at = (this.#slots[slot] ?? 0) - 1;
      if (at < 0 || this.#records.compare(id, 0, ID, at * RECORD, at * RECORD + ID) === 0) return slot;
    }
  }

  #grow(): void {
    this.#records = Buffer.concat([this.#records], 2 * this.#records.length);
    this.#slots = new Uint32Array(2 * this.#slots.length);
    for (let at = 0; at < this.#size; at += 1) this.#slots[this.#slotOf(this.#records.subarray(at * RECORD, at * RECORD + ID))] = at + 1;
  }
}

function idOf(oid: string): Buffer {
  const id = Buffer.alloc(ID);
  id.write(oid, 'hex');
  return id;
}
