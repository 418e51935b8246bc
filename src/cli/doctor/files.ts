import { readApiKey } from '../../clients/ignition/api-key.ts';
import { readOptionFile } from '../option-file.ts';

/** @throws Error that names the option, when the file of an API key cannot be read or holds none */
export function checkKeyFile(file: string): void {
  if (readApiKey(readOptionFile('--key-file', file)) === undefined)
    throw new Error(`--key-file ${file} holds no API key: it must be one line, name:secret, as the gateway made it.`);
}

/** @throws Error that names the option, when the file cannot be read or holds no certificate */
export function checkCaFile(file: string): void {
  if (!readOptionFile('--ca-file', file).includes('-----BEGIN CERTIFICATE-----'))
    throw new Error(`--ca-file ${file} holds no certificate in PEM.`);
}
