import { InputError } from '../../model/errors.ts'

/**
 * @param key - the option, for the message
 * @throws InputError `INVALID_OPTION` where it is no http(s) URL, or has user and password in it
 */
export function httpUrl(key: string, text: string): URL {
  const url = URL.parse(text)
  if (url?.protocol !== 'http:' && url?.protocol !== 'https:')
    throw new InputError(
      'INVALID_OPTION',
      `httpDownload(): "${key}" must be an http or https URL, got ${JSON.stringify(text.slice(0, 80))}.`,
      {
        hint: 'Write it whole: "https://host/path".',
      },
    )
  if (url.username !== '' || url.password !== '')
    throw new InputError('INVALID_OPTION', `httpDownload(): "${key}" must have no user and password in it; it is written to the journal.`, {
      hint: 'Give a URL that needs none, or a signed one that expires soon.',
    })
  return url
}

/** @throws InputError `INVALID_OPTION` where it is more than scheme, host and port */
export function originOf(text: string): string {
  const url = httpUrl('allowOrigins', text)
  if (url.pathname + url.search + url.hash === '/') return url.origin
  throw new InputError(
    'INVALID_OPTION',
    `httpDownload(): "allowOrigins" must have origins only, got ${JSON.stringify(text.slice(0, 80))}.`,
    {
      hint: `Write "${url.origin}".`,
    },
  )
}
