// Outlives the process that started it by as long as it takes to leave nothing behind. Its standard input is a pipe that the starter
// holds; when the pipe closes, for whatever reason, every registered process group is killed and every temporary folder removed.
import { rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';

const groups = new Set();
const folders = new Set();
const ON_LINE = { '+': (rest) => groups.add(Number(rest)), '-': (rest) => groups.delete(Number(rest)), f: (rest) => folders.add(rest) };

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => {});

for await (const line of createInterface({ input: process.stdin })) ON_LINE[line[0]]?.(line.slice(1));

for (const group of groups) signal(group, 'SIGKILL');
for (let turn = 0; turn < 20 && [...groups].some((group) => signal(group, 0)); turn++) await sleep(50);
for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });

function signal(group, name) {
  try {
    process.kill(-group, name);
    return true;
  } catch {
    return false;
  }
}
