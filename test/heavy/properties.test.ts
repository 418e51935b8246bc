import { testProperties } from '../activities/agent/support/properties.ts';

testProperties(60);
