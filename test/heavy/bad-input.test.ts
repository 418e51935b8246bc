import { OwnPlant } from '../support/plant.ts';
import { expectSaidAndMended } from '../support/bad-input/expect-said.ts';
import { NEIGHBOURS } from '../support/bad-input/neighbours.ts';
import { World } from '../support/bad-input/world.ts';

/** More of what users do wrong. */
let world: World;
beforeAll(async () => {
  world = await World.start(await OwnPlant.start());
}, 120_000);
afterAll(() => world[Symbol.asyncDispose](), 60_000);

test.each(NEIGHBOURS)('$name: said where people look, no gateway is touched, and it is over when it is mended', (badInput) =>
  expectSaidAndMended(world, badInput),
);
