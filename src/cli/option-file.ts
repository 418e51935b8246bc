import { readFileSync } from 'node:fs';

const WHY: Partial<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'you may not read it',
  EISDIR: 'it is a folder',
};

/** The text of a file that an option names. @throws Error that names the option, when it cannot be read */
export function readOptionFile(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException;
    throw new Error(`${option} ${file} cannot be read: ${WHY[code] ?? message}.`, { cause: error });
  }
}
