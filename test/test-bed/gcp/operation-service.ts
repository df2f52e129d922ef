import type { Operation, Operations } from './operations.ts'
import { pageOf } from './paging.ts'

/** `google.longrunning.Operations`, as far as Cloud Functions has it: its reference names `get` and `list` only, so the rest is UNIMPLEMENTED. */
export class OperationService {
  readonly #operations: Operations

  constructor(operations: Operations) {
    this.#operations = operations
  }

  GetOperation({ name }: { readonly name: string }): Operation {
    return this.#operations.get(name)
  }

  ListOperations({ name, pageSize, pageToken }: { readonly name: string; readonly pageSize: number; readonly pageToken: string }): object {
    const page = pageOf(this.#operations.list(name), { pageSize, pageToken })
    return { operations: page.items, nextPageToken: page.nextPageToken }
  }
}
