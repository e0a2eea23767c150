import { type ErrorCode, errorCodes, errorReplySchema } from '@reembed/contracts';
import { ReembedError } from '@reembed/core';
import { describe, expect, it } from 'vitest';
import { errorReply } from './error-reply.ts';

describe('errorReply', () => {
  it.each(Object.keys(errorCodes) as ErrorCode[])('answers %s with the status of the table', (code) => {
    const { status, body } = errorReply(new ReembedError(code, 'what happened'));
    expect(status).toBe(errorCodes[code].httpStatus);
    expect(errorReplySchema.parse(body)).toEqual({ code, message: 'what happened' });
  });

  it('carries the issues', () => {
    const issues = [{ field: 'a', value: 1, message: 'no' }];
    expect(errorReply(new ReembedError('invalid-spec', 'x', { issues })).body.issues).toEqual(issues);
  });

  it('keeps what is not expected in the log', () => {
    const { status, body } = errorReply(new TypeError('secret path /etc'));
    expect([status, body.code]).toEqual([500, 'internal']);
    expect(body.message).not.toContain('/etc');
  });
});
