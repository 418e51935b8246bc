import { testProperties } from './support/properties.ts';

testProperties(8);
