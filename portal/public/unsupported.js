// Runs only in browsers without module scripts. Old syntax on purpose.
document.documentElement.className += ' unsupported';
