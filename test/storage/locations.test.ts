import { describe, expect, test } from 'vitest'
import { objectDownload } from '../../src/probes/object-storage/object-download.ts'
import { objectUpload } from '../../src/probes/object-storage/object-upload.ts'
import { azureBlob, gcs, s3 } from '../../src/storage/locations.ts'

describe('locations', () => {
  test('say where, and hold no secret', () => {
    expect(s3({ bucket: 'data', region: 'eu-central-1' })).toEqual({ store: 's3', bucket: 'data', region: 'eu-central-1' })
    expect(gcs({ bucket: 'data', prefix: 'mine/' })).toEqual({ store: 'gcs', bucket: 'data', prefix: 'mine/' })
    expect(azureBlob({ account: 'some', container: 'data', endpoint: 'http://127.0.0.1:1/' })).toEqual({
      store: 'azure-blob',
      bucket: 'data',
      account: 'some',
      endpoint: 'http://127.0.0.1:1',
    })
  })

  test.each([
    [() => s3({ bucket: 'x', region: 'eu-central-1' }), 'INVALID_OPTION'],
    [() => s3({ bucket: 'data' } as never), 'MISSING_OPTION'],
    [() => gcs({ bucket: 'data', endpoint: 'http://u:p@h' }), 'INVALID_OPTION'],
    [() => gcs({ bucket: 'data', endpoint: 'http://h/path' }), 'INVALID_OPTION'],
    [() => azureBlob({ account: 'A', container: 'data' }), 'INVALID_OPTION'],
    [() => s3({ bucket: 'data', region: 'eu-central-1', secretKey: 'x' } as never), 'UNKNOWN_OPTION'],
  ])('refused: %s', (make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }))
  })
})

describe('probes', () => {
  const store = s3({ bucket: 'data', region: 'eu-central-1' })

  test('name their origin, direction and objects', () => {
    const { origins, directions, objects, params, expectedMs } = objectDownload({ store, chunkBytes: 10e6, parallel: 4 })
    expect(origins).toEqual(['https://data.s3.eu-central-1.amazonaws.com'])
    expect([directions, expectedMs]).toEqual([['download'], 5000])
    const asked = { transport: 'signed-url', direction: 'download', chunkBytes: 10e6, atOnce: 4, hot: false, requestsEach: 1 }
    expect(objects).toEqual({ location: store, ...asked })
    expect(params).toMatchObject({ seconds: 5, verify: 'once', keepAlive: true })
    expect(objectDownload({ store, chunkBytes: 10e6, parallel: 4, rangeBytes: 1e6 }).objects?.atOnce).toBe(1)
  })

  test('factors change them', () => {
    expect(objectUpload({ store, chunkBytes: 10e6 }).withParams({ transport: 'sdk', chunkBytes: 20e6 }).objects).toMatchObject({
      transport: 'sdk',
      chunkBytes: 20e6,
      direction: 'upload',
    })
  })

  test.each([
    [() => objectDownload({ store, chunkBytes: 0 }), 'INVALID_OPTION'],
    [() => objectDownload({ store, chunkBytes: 1, seconds: 1, bytes: 1 }), 'INVALID_OPTION'],
    [() => objectUpload({ store, chunkBytes: 1, partBytes: 5e6 }), 'INVALID_OPTION'],
    [() => objectUpload({ store, chunkBytes: 1, verify: false } as never), 'UNKNOWN_OPTION'],
    [() => objectDownload({ chunkBytes: 1 } as never), 'MISSING_OPTION'],
  ])('refused: %s', (make, code) => {
    expect(make).toThrow(expect.objectContaining({ code }))
  })
})
