import { wayFault } from '../../../src/clients/http/way-out.ts';

test('a server that does not answer is named without the query of its URL, which may be a signature', () => {
  const { reason, message } = wayFault('https://bucket.host/some/object?X-Amz-Signature=0123', new Error('connect ECONNREFUSED'), 'Check.');
  expect(reason).toBe('HostUnreachable');
  expect(message).toBe('https://bucket.host/some/object does not answer: connect ECONNREFUSED. Check.');
});
