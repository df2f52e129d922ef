import { Metadata, type ServerErrorResponse, type ServiceError, status } from '@grpc/grpc-js'
import { encode, pack } from './protos.ts'

export type StatusName = keyof typeof status

/** `google.rpc.ErrorInfo`, which says why in a word. */
export interface ErrorInfo {
  readonly reason: string
  readonly metadata?: Readonly<Record<string, string>>
}

/** `google.rpc.Status`, thrown. */
export class StatusError extends Error {
  readonly code: status
  readonly info: ErrorInfo | undefined

  constructor(code: StatusName, message: string, info?: ErrorInfo) {
    super(message)
    this.code = status[code]
    this.info = info
  }

  /** As a call is answered with it: the details travel in the trailer, where the client looks for them. */
  toResponse(): ServerErrorResponse | Partial<ServiceError> {
    const metadata = new Metadata()
    metadata.set('grpc-status-details-bin', encode('google.rpc.Status', this.toStatus()))
    return { code: this.code, details: this.message, metadata }
  }

  /** As an operation ends with it. */
  toStatus(): { readonly code: number; readonly message: string; readonly details: readonly object[] } {
    const details = this.info === undefined ? [] : [pack('google.rpc.ErrorInfo', { domain: 'googleapis.com', ...this.info })]
    return { code: this.code, message: this.message, details }
  }
}

export const invalidArgument = (message: string): StatusError => new StatusError('INVALID_ARGUMENT', message)
export const notFound = (name: string): StatusError => new StatusError('NOT_FOUND', `Resource '${name}' was not found`)
