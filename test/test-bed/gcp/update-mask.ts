import { invalidArgument } from './status-error.ts'

type Message = Readonly<Record<string, unknown>>

/**
 * The message with the fields that a mask names taken from another one; all fields where it names none.
 * @param paths - as on the wire: `service_config.available_memory`
 * @throws StatusError `INVALID_ARGUMENT`
 */
export function applyMask<Type extends object>(current: Type, update: Type, paths: readonly string[]): Type {
  if (paths.length === 0) return update
  return paths.reduce((message, path) => {
    const names = path.split('.')
    if (names.some((name) => !/^[a-z][a-z0-9_]*$/.test(name))) throw invalidArgument(`Invalid update_mask path: "${path}".`)
    return take(message, update as Message, names.map(camelCase), path)
  }, current as Message) as Type
}

function take(current: Message, update: Message | null, [name = '', ...rest]: readonly string[], path: string): Message {
  if (!(name in { ...current, ...update })) throw invalidArgument(`Invalid update_mask path: "${path}".`)
  if (rest.length === 0) return { ...current, [name]: update?.[name] }
  const inner = update?.[name] as Message | null | undefined
  return { ...current, [name]: take((current[name] ?? inner ?? {}) as Message, inner ?? null, rest, path) }
}

const camelCase = (name: string): string => name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase())
