import * as sdk from '@aws-sdk/client-lambda'
import { describe, expect, test } from 'vitest'
import { routeOf, routes } from './routes.ts'

/** The schema that the client itself carries: `[9, namespace, name, {http: [method, path, status]}, input, output]`. */
const schemas = Object.entries(sdk as Record<string, unknown>).flatMap(([name, value]) => {
  const http = name.endsWith('$') && Array.isArray(value) ? (value[3] as { http?: [string, string, number] } | undefined)?.http : undefined
  return http === undefined ? [] : [{ operation: name.slice(0, -1), http }]
})

test('the client has its operations as schemas', () => expect(schemas.length).toBeGreaterThan(60))

describe.each(Object.entries(routes))('%s', (operation, [method, path, status]) => {
  const schema = schemas.find((each) => each.operation === operation)?.http

  test('has method and path of the client', () => expect([method, path]).toEqual(schema?.slice(0, 2)))

  // What the API reference gives with 204 for DeleteFunction the schema takes from the answer itself.
  test('has the status of the client', () => expect(operation === 'DeleteFunction' ? 200 : status).toBe(schema?.[2]))
})

test('every path of the client leads to its own operation, or nowhere', () => {
  for (const { operation, http } of schemas) {
    const [method, template] = http
    const routed = routeOf(method, (template.split('?')[0] ?? '').replaceAll(/\{\w+\+?\}/g, 'name'))
    const ours = Object.hasOwn(routes, operation)
    expect(routed?.operation, `${operation}: ${method} ${template}`).toBe(ours ? operation : undefined)
  }
})

test('what a path names is decoded', () => {
  const path = `/2015-03-31/functions/${encodeURIComponent('arn:aws:lambda:eu-central-1:123456789012:function:f')}`
  expect(routeOf('GET', path)).toEqual({ operation: 'GetFunction', resource: 'arn:aws:lambda:eu-central-1:123456789012:function:f' })
})
