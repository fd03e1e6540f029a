import * as v from 'valibot'
import { attempt } from '../../base/shell.ts'
import { type Container, parseContainers, parseVariables } from '../../docker/containers.ts'
import { inspectProject } from '../../docker/project.ts'

/** What the engine says beside what {@link Container} has (Docker Engine API, ContainerInspect and ImageInspect). */
const texts = v.nullish(v.array(v.string()), [])
const binding = v.object({ HostIp: v.string(), HostPort: v.string() })
const inspected = v.object({
  Image: v.string(),
  Config: v.object({ Env: texts, Cmd: texts, Labels: v.nullish(v.record(v.string(), v.string()), {}) }),
  HostConfig: v.object({ RestartPolicy: v.object({ Name: v.string() }) }),
  Mounts: v.array(
    v.object({ Type: v.string(), Name: v.optional(v.string()), Source: v.string(), Destination: v.string() }),
  ),
  NetworkSettings: v.object({
    Ports: v.nullish(v.record(v.string(), v.nullable(v.array(binding))), {}),
    Networks: v.nullish(v.record(v.string(), v.unknown()), {}),
  }),
})
const image = v.object({ Id: v.string(), RepoDigests: texts, Config: v.object({ Env: texts, Cmd: texts }) })

/** A service of the old stack as its newest container runs, whatever its files say by now. */
export type Service = Readonly<ReturnType<typeof serviceOf>>

/** The services of a project that have containers, running or not. */
export async function servicesOf(project: string): Promise<Service[]> {
  const text = await inspectProject(project)
  const ids = new Set(v.parse(v.array(inspected), JSON.parse(text)).map(({ Image }) => Image))
  if (ids.size === 0) return []
  const { stdout } = await attempt(['docker', 'image', 'inspect', ...ids]) // what was removed is not in it
  return parseServices(text, stdout || '[]')
}

/** Reads what `docker inspect` and `docker image inspect` print. */
export function parseServices(containers: string, images: string): Service[] {
  const details = v.parse(v.array(inspected), JSON.parse(containers))
  const brought = v.parse(v.array(image), JSON.parse(images))
  const all = parseContainers(containers).flatMap((container, i) => {
    const detail = details[i]
    return detail
      ? serviceOf(
          container,
          detail,
          brought.find(({ Id }) => Id === detail.Image),
        )
      : []
  })
  return all
    .filter(({ name }, i) => all.findIndex(one => one.name === name) === i)
    .map(newest => ({ ...newest, replicas: all.filter(({ name }) => name === newest.name).length }))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
}

function serviceOf(
  container: Container,
  { Image, Config, HostConfig, Mounts, NetworkSettings }: v.InferOutput<typeof inspected>,
  its: v.InferOutput<typeof image> | undefined,
) {
  const variables = parseVariables(JSON.stringify(Config.Env))
  const brought = parseVariables(JSON.stringify(its?.Config.Env ?? []))
  // Compose gives them in no order.
  const own = Object.entries(variables)
    .filter(([name, value]) => brought[name] !== value)
    .sort()
  const ports = Object.entries(NetworkSettings.Ports).flatMap(([inside, bindings]) =>
    (bindings ?? []).flatMap(({ HostIp: address, HostPort }) =>
      address.includes(':') ? [] : { inside: Number.parseInt(inside, 10), host: Number(HostPort), address },
    ),
  )
  return {
    ...{ name: container.service, container, replicas: 1, imageId: Image, variables, labels: Config.Labels },
    /** The variables that its image does not bring. */
    own: Object.fromEntries(own),
    command: Config.Cmd,
    hasOwnCommand: its !== undefined && `${its.Config.Cmd}` !== `${Config.Cmd}`,
    /** No registry has its image, as far as is known here. */
    isLocal: its?.RepoDigests.length === 0,
    restart: HostConfig.RestartPolicy.Name || 'no',
    mounts: Mounts.map(mount => ({
      ...{ target: mount.Destination, source: mount.Name ?? mount.Source, type: mount.Type },
    })),
    /** Inside, and where on this machine; Docker lists the addresses of IPv6 apart. */
    ports: ports.sort((a, b) => a.host - b.host),
    networks: Object.keys(NetworkSettings.Networks),
    dependsOn: (Config.Labels['com.docker.compose.depends_on'] ?? '')
      .split(',')
      .map(word => word.split(':')[0]),
    health: healthOf(container.healthCommand),
  }
}

/** The first address in the words of a health check: `curl -f http://localhost:8000/api/health || exit 1`. */
function healthOf(words: readonly string[]): { readonly path?: string | undefined; readonly port?: number } {
  const url = /https?:\/\/[^/\s'":]+(?::(\d+))?(\/[^\s'"`)|;&]*)?/.exec(words.join(' '))
  return url ? { port: Number(url[1] ?? 80), path: url[2] } : {}
}
