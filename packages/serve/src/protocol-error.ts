/** What is wrong with a request, as the protocol says it. */
export class ProtocolError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly code: string | null = null,
    /** The key of the request that is at fault. */
    readonly param: string | null = null,
  ) {
    super(message);
  }

  body(): object {
    const type = this.status >= 500 ? 'server_error' : 'invalid_request_error';
    return { error: { message: this.message, type, param: this.param, code: this.code } };
  }
}
