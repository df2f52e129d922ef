import { InputError } from '../model/errors.ts'
import type { AgentConfig } from '../model/task.ts'

const CONFIG_VARIABLE = 'NETFAIR_AGENT'

/**
 * Reads what this agent was deployed with, and removes it from the environment, where a probe of one's own could see the secret.
 * @throws InputError `AGENT_CONFIG`
 */
export function takeConfig(environment: Record<string, string | undefined> = process.env): AgentConfig {
  const text = environment[CONFIG_VARIABLE]
  delete environment[CONFIG_VARIABLE]
  try {
    const { secret, allowedTargets, modules, credentials } = JSON.parse(text ?? '') as AgentConfig
    // An empty secret would seal nothing.
    if (typeof secret === 'string' && secret !== '' && isTexts(allowedTargets) && isTexts(modules))
      return { secret, allowedTargets, modules, ...(isTexts(Object.values(credentials ?? [])) && credentials && { credentials }) }
  } catch {}
  throw new InputError('AGENT_CONFIG', `${CONFIG_VARIABLE} must be JSON {"secret": text, "allowedTargets": [text], "modules": [text]}.`, {
    hint: 'This program is started by a provider of netfair, which sets it.',
  })
}

const isTexts = (value: unknown): value is readonly string[] => Array.isArray(value) && value.every((item) => typeof item === 'string')
