// What a hand-out has inside: texts that hold compressed bytes.

const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

export const unzipped = (text) => new Response(new Blob([bytes(text)]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();

export const content = JSON.parse(new TextDecoder().decode(await unzipped(document.getElementById("content").textContent)));
