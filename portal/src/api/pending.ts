/** Routes of the contract that the OpenAPI document does not list yet. A page that calls one copes with a 404. */
export interface PendingPaths {
  '/v1/notices/resend': {
    post: {
      parameters: { query?: never; header?: never; path?: never; cookie?: never };
      requestBody: { content: { 'application/json': { notice: string } } };
      responses: { 202: { headers: Record<string, unknown>; content?: never } };
    };
  };
}
