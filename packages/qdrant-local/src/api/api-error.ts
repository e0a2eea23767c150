/** An answer other than 200: thrown anywhere below a route, turned into Qdrant's `{"status":{"error":…}}` by the server. */
export class ApiError extends Error {
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** The texts and status codes of Qdrant's error families. Each returns the error for the caller to throw. */
export const failure = {
  format: (detail: string): ApiError => new ApiError(400, `Format error in JSON body: ${detail}`),
  query: (detail: string): ApiError => new ApiError(400, `Deserialize error in query parameters: ${detail}`),
  validation: (path: string, detail: string): ApiError => new ApiError(422, `Validation error in JSON body: [${path}: ${detail}]`),
  wrongInput: (detail: string): ApiError => new ApiError(400, `Wrong input: ${detail}`),
  badRequest: (detail: string): ApiError => new ApiError(400, `Bad request: ${detail}`),
  notFound: (detail: string): ApiError => new ApiError(404, `Not found: ${detail}`),
  noCollection: (name: string): ApiError => new ApiError(404, `Not found: Collection \`${name}\` doesn't exist!`),
  conflict: (detail: string): ApiError => new ApiError(409, `Wrong input: ${detail}`),
  /** What the server answers for a path it does not have: an empty 404. */
  unknownRoute: (): ApiError => new ApiError(404, ''),
  internal: (detail: string): ApiError => new ApiError(500, `Service internal error: ${detail}`),
  /** What a server without an inference service says of any model but BM25. */
  noInference: (): ApiError => failure.internal('InferenceService URL not configured - please provide valid address in config'),
  /** What the real server has and this one has not: never a silent wrong answer. */
  missing: (what: string): ApiError => new ApiError(501, `Not implemented in qdrant-local: ${what}`),
};
