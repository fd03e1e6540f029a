export function greeting(name: string): string {
  return `TraceHub greets ${name}`
}

document.title = greeting(location.hostname)
