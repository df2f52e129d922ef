import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { collectFacts, MAX_FACT_BYTES } from '../../src/agent/identity-facts.ts'

test('facts of this machine, raw', () => {
  const facts = collectFacts({})
  expect(facts['proc/self/cgroup']).toBe(readFileSync('/proc/self/cgroup', 'utf8').trim())
  expect(facts['proc/sys/kernel/random/boot_id']).toMatch(/^[0-9a-f-]{36}$/)
  expect(facts['proc/self/ns/net']).toMatch(/^net:\[\d+\]$/)
  expect(facts['proc/stat']).toMatch(/^cpu .*\nbtime \d+$/)
  expect(facts['proc/meminfo']).toMatch(/^MemTotal: +\d+ kB$/)
  expect(facts['proc/cpuinfo']?.match(/model name/g)).toHaveLength(1)
})

test('variables by allow-list only', () => {
  const environment = {
    AWS_LAMBDA_LOG_STREAM_NAME: '2026/11/22/[$LATEST]786a',
    WEBSITE_INSTANCE_ID: '02c705ae',
    AWS_SECRET_ACCESS_KEY: 'hidden',
    AWS_SESSION_TOKEN: 'hidden',
    MSI_SECRET: 'hidden',
    CONTAINER_ENCRYPTION_KEY: 'hidden',
    PATH: 'hidden',
  }
  const facts = collectFacts(environment)
  expect(facts['env/AWS_LAMBDA_LOG_STREAM_NAME']).toBe('2026/11/22/[$LATEST]786a')
  expect(facts['env/WEBSITE_INSTANCE_ID']).toBe('02c705ae')
  expect(Object.keys(facts).filter((key) => key.startsWith('env/'))).toHaveLength(2)
  expect(JSON.stringify(facts)).not.toContain('hidden')
})

test('no fact is longer than its limit, none is empty', () => {
  const facts = collectFacts({ HOSTNAME: 'ä'.repeat(MAX_FACT_BYTES), K_SERVICE: '' })
  expect(Buffer.byteLength(facts['env/HOSTNAME'] ?? '')).toBeLessThanOrEqual(MAX_FACT_BYTES)
  expect(facts['env/HOSTNAME']).not.toContain('\uFFFD')
  expect(facts).not.toHaveProperty('env/K_SERVICE')
  for (const text of Object.values(facts)) expect(Buffer.byteLength(text)).toBeLessThanOrEqual(MAX_FACT_BYTES)
})
