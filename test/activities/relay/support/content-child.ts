import { ContentServer } from './content-server.ts';

// A relay's content server as a process of its own, over a store that is there already; it prints its address.
const server = await ContentServer.start(undefined, process.argv[2]);
console.log(server.url);
