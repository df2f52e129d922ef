interface Reader {
  readonly length: number
  readonly resolve: (bytes: Uint8Array) => void
  readonly reject: (error: unknown) => void
}

/** Bytes of small messages: kept until someone asks for them, in the order in which they arrived. */
export class Inbox {
  #pendingBytes = 0
  #chunks: Uint8Array[] = []
  #readers: Reader[] = []
  #error: unknown

  /** Bytes that nobody has asked for yet; negative while readers wait for more than there is. */
  get unaskedBytes(): number {
    return this.#readers.reduce((left, { length }) => left - length, this.#pendingBytes)
  }

  /** Copies the bytes: the caller reuses its buffer. */
  put(bytes: Uint8Array): void {
    // Not slice(): that of a Buffer shares its memory.
    this.#chunks.push(new Uint8Array(bytes))
    this.#pendingBytes += bytes.length
    this.#serve()
  }

  /** Exactly `length` bytes; one reader after the other. */
  take(length: number): Promise<Uint8Array> {
    return new Promise((resolve, reject) => {
      this.#readers.push({ length, resolve, reject })
      this.#serve()
    })
  }

  /** Empties it; returns how many bytes there were. */
  clear(): number {
    const dropped = this.#pendingBytes
    this.#chunks = []
    this.#pendingBytes = 0
    return dropped
  }

  /** Nothing more will arrive: readers that wait for more than there is are rejected, now and later. */
  end(error: unknown): void {
    this.#error ??= error
    this.#serve()
  }

  #serve(): void {
    for (let reader = this.#readers[0]; reader !== undefined; reader = this.#readers[0]) {
      if (reader.length <= this.#pendingBytes) reader.resolve(this.#cut(reader.length))
      else if (this.#error !== undefined) reader.reject(this.#error)
      else return
      this.#readers.shift()
    }
  }

  #cut(length: number): Uint8Array {
    const all = this.#chunks.length === 1 ? (this.#chunks[0] as Uint8Array) : Buffer.concat(this.#chunks)
    const rest = all.subarray(length)
    this.#chunks = rest.length > 0 ? [rest] : []
    this.#pendingBytes = rest.length
    return all.subarray(0, length)
  }
}
