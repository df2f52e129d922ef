/** A request that the bed has received. */
export interface ServedRequest {
  /** An RPC (`CreateFunction`), `token`, `upload` or `invoke`. */
  readonly operation: string
  /** Only `v1` is said. */
  readonly api?: 'v1'
  /** Resource that it is about. */
  readonly name: string
  /** Epoch milliseconds. */
  readonly at: number
}

export class RequestLog {
  readonly requests: ServedRequest[] = []

  add(request: Omit<ServedRequest, 'at'>): void {
    this.requests.push({ ...request, at: Date.now() })
  }
}
