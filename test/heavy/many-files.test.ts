import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { SMALL_PROCESS } from '../../src/config/small-process.ts';
import type { PlanningOrder, PlanningReport } from '../activities/source/support/planning-child.ts';

const run = promisify(execFile);
const CHILD = join(import.meta.dirname, '../activities/source/support/planning-child.ts');
const FILES = 200_000;
/** One push after the other. */
const REFS = ['main', 'second', 'third', 'fourth'] as const;
/** The heap that the chart gives the source. */
const HEAP = ['--max-semi-space-size=1', '--max-old-space-size=512'];
/** Kilobytes beyond what the process needs anyway: the chart gives the source 1 GiB. */
const MOST = 550_000;

async function commitMany(gitDir: string): Promise<void> {
  execFileSync('git', ['init', '--bare', '--quiet', '--initial-branch=main', gitDir]);
  const child = spawn('git', ['fast-import', '--quiet'], { cwd: gitDir, stdio: ['pipe', 'ignore', 'inherit'] });
  const say = async (part: string): Promise<void> => {
    if (!child.stdin.write(part)) await once(child.stdin, 'drain');
  };
  const begin = (ref: string): Promise<void> =>
    say(`commit refs/heads/${ref}\ncommitter Plant <plant@plant.example> 1700000000 +0000\ndata 5\nlarge\n`);
  await begin(REFS[0]);
  for (let n = 0; n < FILES; n += 1) {
    const path = `projects/p${n % 10}/com.inductiveautomation.perspective/views/Group ${n % 97}/View ${n >> 1}/${n % 2 ? 'view' : 'resource'}.json`;
    const body = JSON.stringify({ n, pad: 'x'.repeat(200) });
    await say(`M 100644 inline ${path}\ndata ${body.length}\n${body}\n`);
  }
  for (const [n, ref] of REFS.entries()) {
    if (n === 0) continue;
    await begin(ref);
    await say(`from refs/heads/${REFS[n - 1]}\nM 100644 inline projects/p0/project.json\ndata 1\n${n}\n`);
  }
  child.stdin.end();
  await once(child, 'close');
}

test('a source plans and imports a repository of 200,000 files, push after push, in the memory that the chart gives it', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'many-files-'));
  try {
    await commitMany(join(folder, 'repo.git'));
    const order: PlanningOrder = { repo: `file://${folder}/repo.git`, refs: REFS };
    const { MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ } = SMALL_PROCESS;
    const { stdout } = await run(process.execPath, [...HEAP, '--expose-gc', CHILD, JSON.stringify(order)], {
      env: { ...process.env, NODE_OPTIONS: '', TMPDIR: folder, MALLOC_ARENA_MAX, MALLOC_MMAP_THRESHOLD_, MALLOC_TRIM_THRESHOLD_ },
    });
    const { added, before, most, after } = JSON.parse(stdout) as PlanningReport;
    console.log(`200,000 files planned ${REFS.length} times: ${before} kB before, at most ${most} kB, ${after} kB after`);
    expect(added).toBe(FILES + 1);
    expect(most - before).toBeLessThan(MOST);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 600_000);
