import { crash } from '../crash/harness.ts';

test('after SIGKILL at 330 random moments of random changes every volume is wholly on one commit, with nothing else touched', async () => {
  const seed = 8_300;
  const { killed, late, complaints } = await crash({ points: 330, seed });
  console.log(`npm run crash -- --points 330 --seed ${seed}: ${killed} kills in the middle of the work, ${late} after its end`);
  expect(complaints).toEqual([]);
  expect(killed).toBeGreaterThan(200);
}, 900_000);
