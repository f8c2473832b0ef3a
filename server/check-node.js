// Says plainly what is wrong when npm scripts did not get the Node that the npm package `node` brings.
// It runs on whatever `node` comes first on the PATH, so it must parse on very old ones, and both as a
// module and as a script: no import, no export, nothing newer than 2015.
const pinned = { major: 24, minor: 21 }
const running = process.version.slice(1).split('.').map(Number)

if (running[0] !== pinned.major || running[1] < pinned.minor) {
  console.error(
    `Rolecall needs Node ${pinned.major} (${pinned.major}.${pinned.minor} or later), but this is Node ${process.version}.\n` +
      'npm install brings the right one along as a package, unless install scripts are switched off.\n' +
      'Run: npm install --ignore-scripts=false',
  )
  process.exit(1)
}
