import type { Problem } from '../../base/failure.ts'
import { attempt } from '../../base/shell.ts'
import { registryOf } from '../../docker/registry.ts'

interface RegistryConfig {
  readonly InsecureRegistryCIDRs?: readonly string[] | null
  readonly IndexConfigs?: Readonly<Record<string, { readonly Secure: boolean }>> | null
}

/** A word of warning where the engine will want a certificate of a registry on this machine. */
export async function loopbackRegistryWarning(image: string): Promise<Problem | undefined> {
  if (!isLoopback(registryOf(image))) return undefined
  const ran = await attempt(['docker', 'info', '--format', '{{json .RegistryConfig}}'], { timeout: 20_000 })
  return ran.ok ? warningOf(registryOf(image), JSON.parse(ran.stdout) as RegistryConfig | null) : undefined
}

/**
 * Since Engine 29.10, `insecure-registries` in its settings replaces its own list, which has the loopback addresses
 * (https://github.com/moby/moby/releases/tag/docker-v29.10.0). Before, it was added to that.
 */
export function warningOf(registry: string, config: RegistryConfig | null): Problem | undefined {
  if (!isLoopback(registry) || !config) return undefined
  const own = registry.startsWith('[') ? '::1/128' : '127.0.0.0/8'
  if (config.InsecureRegistryCIDRs?.includes(own)) return undefined
  if (config.IndexConfigs?.[registry]?.Secure === false) return undefined
  return {
    what: `the engine wants a trusted certificate of the registry ${registry}, although it is on this machine`,
    fix: `where it has none: add "${registry}" to insecure-registries in /etc/docker/daemon.json, then sudo systemctl reload docker`,
  }
}

const isLoopback = (registry: string): boolean => /^(127\.|localhost(:|$)|\[::1\])/.test(registry)
