import { refused, wordsOf } from '../../../src/clients/ignition/failure.ts';

const JSON_TYPE = 'application/json;charset=utf-8';
const PAGE = 'text/html;charset=iso-8859-1';
const page = (status: number, text: string): string =>
  `<html><head><title>Error ${status}</title></head><body><table><tr><th>MESSAGE:</th><td>${text}</td></tr></table></body></html>`;

/** Every shape of an answer without success that was recorded of a gateway, or stands in its API's description. */
test.each<{ name: string; status: number; contentType?: string; text?: string; location?: string; reason: string; words: string }>([
  {
    name: 'an unknown route, as JSON',
    status: 404,
    text: '{"message":"No route match for path: /data/x"}',
    reason: 'GatewayIncompatible',
    words: 'No route match for path: /data/x',
  },
  {
    name: 'an unknown route, as a page',
    status: 404,
    contentType: PAGE,
    text: page(404, 'Not Found'),
    reason: 'GatewayIncompatible',
    words: 'Not Found',
  },
  {
    name: '1.2.3 an error page',
    status: 500,
    contentType: PAGE,
    text: page(500, 'Server Error'),
    reason: 'ScanFailed',
    words: 'Server Error',
  },
  {
    name: '1.2.4 an error of the web application',
    status: 500,
    text: '{"message":"broken","url":"/data/app","status":500}',
    reason: 'ScanFailed',
    words: 'broken',
  },
  {
    name: '1.2.5 a validation',
    status: 422,
    text: '{"messages":["name is taken"],"fieldMessages":[{"fieldName":"name","messages":["too long"]}]}',
    reason: 'ScanFailed',
    words: 'name is taken; name: too long',
  },
  {
    name: 'a validation of fields only',
    status: 422,
    text: '{"messages":[],"fieldMessages":[{"fieldName":"port","messages":["no number","too low"]}]}',
    reason: 'ScanFailed',
    words: 'port: no number, too low',
  },
  {
    name: 'a validation inside a problem',
    status: 422,
    text: '{"problem":{"messages":["bad"],"fieldMessages":[]}}',
    reason: 'ScanFailed',
    words: 'bad',
  },
  {
    name: '1.2.6 an object where a list is due',
    status: 400,
    contentType: PAGE,
    text: page(400, 'Invalid request body'),
    reason: 'ScanFailed',
    words: 'Invalid request body',
  },
  {
    name: 'an exception',
    status: 500,
    text: '{"success":false,"problem":{"message":"null","stacktrace":["java.lang.X"]}}',
    reason: 'ScanFailed',
    words: 'null',
  },
  {
    name: 'a restart',
    status: 503,
    contentType: PAGE,
    text: page(503, 'Service Unavailable'),
    reason: 'GatewayNotRunning',
    words: 'Service Unavailable',
  },
  { name: 'a gateway without its first-time setup', status: 302, location: '/welcome', reason: 'GatewayNotRunning', words: '' },
  {
    name: 'the same with its whole address',
    status: 302,
    location: 'https://gw.plant:8043/welcome?x=1',
    reason: 'GatewayNotRunning',
    words: '',
  },
  { name: 'another redirect', status: 302, location: '/login', reason: 'GatewayIncompatible', words: '' },
  { name: 'no key, no body', status: 401, reason: 'GatewayAuthFailed', words: '' },
  {
    name: 'no key, a page',
    status: 401,
    contentType: PAGE,
    text: page(401, 'Unauthorized'),
    reason: 'GatewayAuthFailed',
    words: 'Unauthorized',
  },
  { name: 'a key without the right', status: 403, reason: 'GatewayAuthFailed', words: '' },
  { name: 'JSON that says it is and is not', status: 500, text: '{"mess', reason: 'ScanFailed', words: '' },
  {
    name: 'JSON that does not say it is',
    status: 500,
    contentType: 'text/plain',
    text: '{"message":"x"}',
    reason: 'ScanFailed',
    words: '',
  },
])('$name ($status): $reason, in the words "$words"', ({ status, contentType = JSON_TYPE, text = '', location = '', reason, words }) => {
  const answer = { status, contentType, text, location, path: '/data/api/v1/x' };
  expect([refused(answer, 'GET').reason, wordsOf(answer)]).toEqual([reason, words]);
});
