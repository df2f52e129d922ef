import type { ClientConfig } from './sdk.ts'

/** What may be asked twice. A creation is not: whether the first one was taken is found out by looking. */
const READS = ['GetFunction', 'ListFunctions', 'GenerateUploadUrl', 'DeleteFunction']

/** Has the SDK repeat them, paced, while the API is unavailable or says that it is asked too much. */
export function retryReads(service: string): ClientConfig {
  const method = { timeout_millis: 30_000, retry_codes_name: 'netfair', retry_params_name: 'netfair' }
  return {
    interfaces: {
      [service]: {
        retry_codes: { netfair: ['UNAVAILABLE', 'DEADLINE_EXCEEDED', 'RESOURCE_EXHAUSTED'] },
        retry_params: {
          netfair: {
            initial_retry_delay_millis: 200,
            retry_delay_multiplier: 1.6,
            max_retry_delay_millis: 10_000,
            initial_rpc_timeout_millis: 30_000,
            rpc_timeout_multiplier: 1,
            max_rpc_timeout_millis: 30_000,
            total_timeout_millis: 60_000,
          },
        },
        methods: Object.fromEntries(READS.map((name) => [name, method])),
      },
    },
  }
}
