const revision = '@REVISION@'
const shipments = await fetch('/api/shipments?limit=20').then(answer => answer.json())
const title = Object.assign(document.createElement('h1'), { textContent: `TraceHub ${revision}` })
const list = document.createElement('ul')
for (const { reference, status } of shipments)
  list.append(Object.assign(document.createElement('li'), { textContent: `${reference}: ${status}` }))
document.querySelector('#root').append(title, list)
