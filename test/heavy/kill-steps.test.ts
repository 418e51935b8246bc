import { testKills } from '../activities/agent/support/kills.ts';

testKills(1);
