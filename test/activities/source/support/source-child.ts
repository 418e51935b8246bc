import { gateway, Workbench } from './workbench.ts';

/** What the child process of a test of large repositories is told. */
export interface SourceOrder {
  readonly repo: string;
  readonly mappings: readonly Record<string, unknown>[];
}

const { repo, mappings } = JSON.parse(process.argv[2] ?? '') as SourceOrder;
using bench = new Workbench();
const { commit, files } = await bench.plan({ repo }, [gateway('a', mappings)]);
process.stdout.write(JSON.stringify({ commit, added: files.added }));
