/**
 * `node test/containers/in-container.ts IMAGE PROCESS`: stands for one process of the product. Runs it in a container, as this user, in
 * this environment and on the host's network, and ends when it ends.
 */
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { GenericContainer, getContainerRuntimeClient } from 'testcontainers';

/** Of this side only: the image has its own. */
const NOT_PASSED_ON = /^(PATH|HOME|DOCKER_|TESTCONTAINERS_|XDG_|NODE_COMPILE_CACHE)/;

const [image = '', process_ = ''] = process.argv.slice(2);
const name = `ignition-sync-${createHash('sha256').update(`${process.cwd()} ${process_}`).digest('hex').slice(0, 16)}`;
const engine = await getContainerRuntimeClient();
// A container does not notice that the one who stands for it was killed: its successor ends it.
const before = (await engine.container.list()).find(({ Names }) => Names.includes(`/${name}`));
if (before) await engine.container.getById(before.Id).remove({ force: true });

const environment = Object.entries(process.env).flatMap(([key, value]) =>
  value === undefined || NOT_PASSED_ON.test(key) ? [] : [[key, value] as const],
);
const container = await new GenericContainer(image)
  .withName(name)
  .withNetworkMode('host')
  .withUser(`${process.getuid?.() ?? 0}:${process.getgid?.() ?? 0}`)
  .withEnvironment(Object.fromEntries(environment))
  .withBindMounts([{ source: tmpdir(), target: tmpdir(), mode: 'rw' }])
  .withCommand([process_])
  .withLogConsumer((stream) => void stream.pipe(process.stdout))
  .start();
process.on('SIGTERM', () => void container.stop());
const { StatusCode } = (await engine.container.getById(container.getId()).wait()) as { StatusCode: number };
process.exit(StatusCode);
