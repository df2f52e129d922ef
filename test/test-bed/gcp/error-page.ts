import type { ServerResponse } from 'node:http'

interface Page {
  readonly title: string
  readonly text: string
  readonly headers?: Readonly<Record<string, string>>
}

const HTML_PAGES: Readonly<Record<number, Page>> = {
  401: {
    title: '401 Unauthorized',
    text: 'Your client does not have permission to the requested URL.',
    headers: { 'www-authenticate': 'Bearer error="invalid_token" error_description="The access token could not be verified"' },
  },
  403: { title: '403 Forbidden', text: 'Your client does not have permission to get the requested URL from this server.' },
  404: { title: '404 Page not found', text: 'The requested URL was not found on this server.' },
  413: { title: '413 Request Entity Too Large', text: 'Your client issued a request that was too large.' },
  500: {
    title: '500 Server Error',
    text: 'The server encountered an error and could not complete your request. Please try again in 30 seconds.',
  },
}

const PLAIN: Readonly<Record<number, string>> = {
  409: 'Conflict',
  429: 'Rate exceeded.',
  503: 'Service Unavailable',
  504: 'upstream request timeout',
}

/** Answers as what is in front of Cloud Run does; nothing where an answer has begun. */
export function page(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  const { title, text, headers } = HTML_PAGES[status] ?? {}
  if (title === undefined) {
    response.writeHead(status, { 'content-type': 'text/plain' }).end(PLAIN[status] ?? 'Error')
    return
  }
  const [, heading] = /^\d+ (.*)$/.exec(title) ?? []
  const body = `\n<html><head>\n<meta http-equiv="content-type" content="text/html;charset=utf-8">\n<title>${title}</title>\n</head>\n<body text=#000000 bgcolor=#ffffff>\n<h1>Error: ${heading}</h1>\n<h2>${text}</h2>\n<h2></h2>\n</body></html>\n`
  response.writeHead(status, { 'content-type': 'text/html; charset=UTF-8', ...headers }).end(body)
}
