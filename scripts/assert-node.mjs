// Loaded before the program (node --import): stops when it runs under a Node other than the pinned one.
const major = process.versions.node.split('.')[0];
if (major !== '24') {
  process.stderr.write(`Esteira cannot start: this is Node ${process.versions.node}, and it is built for Node 24.\n`);
  process.stderr.write(
    'Why: the pinned Node of the packages was not used.\nFix: run npm run demo, which installs it.\n',
  );
  process.exit(2);
}
