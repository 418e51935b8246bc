import { readFileSync } from 'node:fs';
import { readApiKey } from '../../clients/ignition/api-key.ts';

/** @throws Error that names the option, when the file of an API key cannot be read or holds none */
export function checkKeyFile(file: string): void {
  if (readApiKey(textOf('--key-file', file)) === undefined)
    throw new Error(`--key-file ${file} holds no API key: it must be one line, name:secret, as the gateway made it.`);
}

/** @throws Error that names the option, when the file cannot be read or holds no certificate */
export function checkCaFile(file: string): void {
  if (!textOf('--ca-file', file).includes('-----BEGIN CERTIFICATE-----')) throw new Error(`--ca-file ${file} holds no certificate in PEM.`);
}

const WHY: Partial<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

function textOf(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`${option} ${file} cannot be read: ${WHY[code] ?? message}.`, { cause: error });
  }
}
