import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import type { StorageSource } from './function-message.ts'

const LIFE_S = 30 * 60
const MOST_BYTES = 100 * 1024 * 1024
const GEN_1_RANGE = `0,${MOST_BYTES}`
export const UPLOAD_PATH = '/storage/'

/** What a PUT is answered with. */
export interface UploadAnswer {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

interface Put {
  readonly method: string
  readonly url: URL
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: Uint8Array
}

/** Source archives: signed URLs as of Cloud Storage (V2 signatures), and what was put there. */
export class Uploads {
  readonly #key = randomBytes(32)
  readonly #objects = new Map<string, { readonly bytes: Uint8Array; readonly generation: string }>()
  readonly #account: string
  #generation = Date.now() * 1000
  #lifeS = LIFE_S

  constructor(account: string) {
    this.#account = account
  }

  /** URLs signed from now on are valid for so long. */
  set lifeS(seconds: number) {
    this.#lifeS = seconds
  }

  /** A new place in a bucket, and the URL at which it may be filled. */
  sign(
    bucket: string,
    origin: string,
    generation: 'GEN_1' | 'GEN_2',
  ): { readonly uploadUrl: string; readonly storageSource: StorageSource } {
    const object = `${randomUUID()}.zip`
    const url = new URL(`${UPLOAD_PATH}${bucket}/${object}`, origin)
    url.searchParams.set('GoogleAccessId', this.#account)
    url.searchParams.set('Expires', String(Math.floor(Date.now() / 1000) + this.#lifeS))
    if (generation === 'GEN_1') url.searchParams.set('Generation', '1')
    url.searchParams.set('Signature', this.#signature(url))
    return { uploadUrl: url.href, storageSource: { bucket, object, generation: '0' } }
  }

  put({ method, url, headers, body }: Put): UploadAnswer {
    const gen1 = url.searchParams.has('Generation')
    const refusal =
      (headers['authorization'] !== undefined && refused(403, 'AccessDenied', 'Access denied.')) ||
      (method !== 'PUT' && refused(405, 'MethodNotAllowed', 'The specified method is not allowed against this resource.')) ||
      (!this.#isSigned(url) && wrongSignature()) ||
      (Number(url.searchParams.get('Expires')) * 1000 < Date.now() &&
        refused(
          400,
          'ExpiredToken',
          'The provided token has expired.',
          `Request signature expired at: ${url.searchParams.get('Expires')}`,
        )) ||
      // Both headers are part of what is signed.
      (headers['content-type'] !== 'application/zip' && wrongSignature()) ||
      (gen1 && headers['x-goog-content-length-range'] !== GEN_1_RANGE && wrongSignature()) ||
      (body.length > MOST_BYTES && refused(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed object size.'))
    if (refusal) return refusal
    const generation = String(++this.#generation)
    this.#objects.set(decodeURIComponent(url.pathname.slice(UPLOAD_PATH.length)), { bytes: body, generation })
    return { status: 200, headers: { 'x-goog-generation': generation, 'x-goog-stored-content-length': String(body.length) }, body: '' }
  }

  /** What was put there; undefined where nothing was. */
  read({
    bucket,
    object,
  }: Pick<StorageSource, 'bucket' | 'object'>): { readonly bytes: Uint8Array; readonly generation: string } | undefined {
    return this.#objects.get(`${bucket}/${object}`)
  }

  /** Where a signed URL of a 1st gen function points to; undefined where it was not signed here. */
  placeOf(uploadUrl: string): Pick<StorageSource, 'bucket' | 'object'> | undefined {
    const url = URL.parse(uploadUrl)
    if (url === null || !this.#isSigned(url)) return undefined
    const [bucket = '', object = ''] = url.pathname.slice(UPLOAD_PATH.length).split('/')
    return { bucket, object }
  }

  /** What was uploaded; the cloud removes it by itself after a day. */
  get names(): readonly string[] {
    return [...this.#objects.keys()]
  }

  #isSigned(url: URL): boolean {
    return url.searchParams.get('Signature') === this.#signature(url)
  }

  #signature({ pathname, searchParams }: URL): string {
    const signed = ['PUT', 'application/zip', searchParams.get('Expires'), searchParams.get('Generation'), pathname].join('\n')
    return createHmac('sha256', this.#key).update(signed).digest('base64')
  }
}

function wrongSignature(): UploadAnswer {
  return refused(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your Google secret key and signing method.',
  )
}

function refused(status: number, code: string, message: string, details = ''): UploadAnswer {
  const body = `<?xml version='1.0' encoding='UTF-8'?><Error><Code>${code}</Code><Message>${message}</Message>${details && `<Details>${details}</Details>`}</Error>`
  return { status, headers: { 'content-type': 'application/xml; charset=UTF-8' }, body }
}
