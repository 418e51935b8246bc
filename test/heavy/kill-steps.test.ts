import { testKills } from '../activities/agent/support/kills.ts';

jest.setTimeout(600_000);
testKills(1);
