import type { ControlActivities } from '../../contract/control-activities.ts';
import { whileBeating } from '../beating.ts';
import type { Announcer, DocumentStore, ObjectStore } from './ports.ts';
import { createReadDesired } from './read-desired.ts';
import { createReportStatus } from './report-status.ts';

/** The activities between Kubernetes objects and workflows: desired input in, observed state out. */
export function createControlActivities(deps: {
  objects: ObjectStore;
  documents: DocumentStore;
  announcer: Announcer;
  now: () => Date;
}): ControlActivities {
  const readDesired = createReadDesired(deps.objects, deps.documents);
  const reportStatus = createReportStatus(deps.objects, deps.announcer, deps.now);
  return {
    readDesired: (input) => whileBeating(() => readDesired(input)),
    reportStatus: (input) => whileBeating(() => reportStatus(input)),
  };
}
