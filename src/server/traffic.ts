/** Payload bytes of this process since its start. */
export interface Traffic {
  sentBytes: number
  receivedBytes: number
}
