import { InputError } from '../../model/errors.ts'

const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const VALUE = /^[\t\x20-\x7e]*$/
/** Their values would stand in the journal. */
const CREDENTIALS = new Set(['authorization', 'proxy-authorization', 'cookie'])
/** The probe writes them itself: they decide how the answer is framed. */
const OWN = new Set([
  'host',
  'connection',
  'content-length',
  'transfer-encoding',
  'range',
  'expect',
  'te',
  'trailer',
  'upgrade',
  'keep-alive',
])

/** @throws InputError `INVALID_OPTION` that names the header, never its value */
export function checkHeaders(headers: Readonly<Record<string, string>> = {}): void {
  for (const [name, value] of Object.entries(headers)) {
    if (!NAME.test(name)) throw invalid(name, 'is no header name', 'Use letters, digits and hyphens.')
    if (!VALUE.test(value)) throw invalid(name, 'must have printable ASCII characters only as its value', 'Change its value.')
    if (CREDENTIALS.has(name.toLowerCase()))
      throw invalid(name, 'may not be set: parameters are written to the journal', 'Give a URL that needs none, or a signed one.')
    if (OWN.has(name.toLowerCase())) throw invalid(name, 'may not be set: the probe writes it itself', 'Remove it.')
  }
}

function invalid(name: string, what: string, hint: string): InputError {
  return new InputError('INVALID_OPTION', `httpDownload(): header ${JSON.stringify(name.slice(0, 80))} ${what}.`, { hint })
}
