import { spawn } from 'node:child_process';
import type { IncomingMessage, ServerResponse } from 'node:http';

const HEADER_END = Buffer.from('\r\n\r\n');

/** Answers one request with `git http-backend`: a CGI bridge that streams both ways. */
export function serveGit(request: IncomingMessage, response: ServerResponse, root: string, env: NodeJS.ProcessEnv): void {
  const url = new URL(request.url ?? '/', 'http://localhost');
  const child = spawn('git', ['http-backend'], { env: { ...env, ...cgiVariables(request, url, root) }, stdio: ['pipe', 'pipe', 'ignore'] });
  response.once('close', () => child.kill('SIGKILL'));
  child.once('error', () => response.destroy());
  child.stdin.on('error', () => undefined);
  request.pipe(child.stdin);

  let head = Buffer.alloc(0);
  const onHead = (part: Buffer): void => {
    head = Buffer.concat([head, part]);
    const end = head.indexOf(HEADER_END);
    if (end < 0) return;
    child.stdout.off('data', onHead);
    const { status, headers } = parseCgiHead(head.subarray(0, end).toString('latin1'));
    response.writeHead(status, headers);
    response.write(head.subarray(end + HEADER_END.length));
    child.stdout.pipe(response);
  };
  child.stdout.on('data', onHead);
  child.stdout.once('end', () => (response.headersSent ? undefined : response.writeHead(500).end()));
}

function cgiVariables(request: IncomingMessage, url: URL, root: string): NodeJS.ProcessEnv {
  const { headers } = request;
  const optional = {
    CONTENT_TYPE: headers['content-type'],
    CONTENT_LENGTH: headers['content-length'],
    HTTP_CONTENT_ENCODING: headers['content-encoding'],
    GIT_PROTOCOL: headers['git-protocol']?.toString(),
  };
  return {
    GIT_PROJECT_ROOT: root,
    GIT_HTTP_EXPORT_ALL: '1',
    PATH_INFO: decodeURIComponent(url.pathname),
    QUERY_STRING: url.search.slice(1),
    REQUEST_METHOD: request.method,
    REMOTE_ADDR: request.socket.remoteAddress,
    SERVER_PROTOCOL: 'HTTP/1.1',
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
  };
}

/** The status and the headers that a CGI program printed before its body. */
export function parseCgiHead(text: string): { status: number; headers: Record<string, string> } {
  const headers: Record<string, string> = {};
  let status = 200;
  for (const line of text.split('\r\n')) {
    const colon = line.indexOf(':');
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).trim()];
    if (name.toLowerCase() === 'status') status = Number.parseInt(value, 10);
    else headers[name] = value;
  }
  return { status, headers };
}
