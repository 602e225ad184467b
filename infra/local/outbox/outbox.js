// Shows what was sent, asks for more every second, and lets a phone answer.

const POLL_MILLISECONDS = 1000;
const LINK = /https?:\/\/[^\s<>"]+/g;

const at = (id) => document.getElementById(id);
const moment = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });

const mails = [];
const texts = [];
let replies = [];
let newest = 0;
let selected = null;
let isFirst = true;

function element(name, properties = {}, ...children) {
  const node = Object.assign(document.createElement(name), properties);
  node.append(...children);
  return node;
}

/** Text with its links as links, opened in this window as a phone would. */
function linked(text) {
  const parts = [];
  let end = 0;
  for (const match of text.matchAll(LINK)) {
    parts.push(text.slice(end, match.index), element('a', { href: match[0], textContent: match[0] }));
    end = match.index + match[0].length;
  }
  return [...parts, text.slice(end)];
}

function addOption(select, value) {
  if ([...select.options].some((option) => option.value === value)) return;
  select.append(element('option', { value, textContent: value }));
}

function mailButton(mail) {
  const button = element(
    'button',
    { type: 'button' },
    element('span', { className: 'who', textContent: mail.to }),
    element('span', { className: 'what', textContent: mail.subject || '(no subject)' }),
    element('span', { className: 'when', textContent: moment.format(new Date(mail.at)) }),
  );
  button.dataset.id = mail.id;
  button.addEventListener('click', () => open(mail, true));
  return element('li', {}, button);
}

function showMails() {
  const to = at('recipient').value.trim().toLowerCase();
  for (const item of at('mails').children) {
    const mail = mails.find((one) => one.id === item.firstChild.dataset.id);
    item.hidden = !mail.to.toLowerCase().includes(to);
  }
  at('no-mail').hidden = mails.length > 0;
  at('mails').hidden = mails.length === 0;
}

function open(mail, isAsked) {
  selected = mail;
  for (const button of at('mails').querySelectorAll('button')) {
    button.setAttribute('aria-current', String(button.dataset.id === mail.id));
  }
  at('subject').textContent = mail.subject || '(no subject)';
  at('from').textContent = mail.from;
  at('to').textContent = mail.to;
  at('sent').textContent = moment.format(new Date(mail.at));
  at('text').replaceChildren(...linked(mail.text));
  at('html').src = mail.html === undefined ? 'about:blank' : `/outbox/mail/${mail.id}`;
  at('show-html').disabled = mail.html === undefined;
  document.querySelector('.reported').textContent = '';
  view(mail.html === undefined ? 'text' : 'html');
  at('reading').hidden = false;
  if (isAsked) at('subject').focus();
}

function view(kind) {
  for (const name of ['html', 'text']) {
    at(name).hidden = name !== kind;
    at(`show-${name}`).setAttribute('aria-pressed', String(name === kind));
  }
}

function showTexts() {
  const number = at('number').value;
  const list = at('texts');
  const isAtEnd = list.scrollTop + list.clientHeight >= list.scrollHeight - 40;
  const sent = texts.filter((one) => one.to === number).map((one) => ({ ...one, isMine: false }));
  const own = replies
    .filter((one) => one.kind === 'sms-reply' && one.message.originationNumber === number)
    .map((one) => ({ text: one.message.messageBody, at: one.at, isMine: true }));
  const all = [...sent, ...own].sort((a, b) => a.at.localeCompare(b.at));
  list.replaceChildren(
    ...all.map((one) => {
      const small = element('small', { textContent: moment.format(new Date(one.at)) });
      const item = element('li', { className: one.isMine ? 'mine' : '' }, ...linked(one.text), small);
      if (!one.isMine) {
        const fail = element('button', { type: 'button', className: 'fail', textContent: 'Report as undeliverable' });
        fail.addEventListener('click', async () => (fail.textContent = await report('undeliverable', one.id)));
        item.append(fail);
      }
      return item;
    }),
  );
  if (isAtEnd) list.scrollTop = list.scrollHeight;
  at('no-text').hidden = texts.length > 0;
  list.hidden = texts.length === 0;
  at('reply').hidden = texts.length === 0;
}

async function post(path, body) {
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  return answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)));
}

async function report(kind, id) {
  try {
    const { published } = await post('/outbox/events', { kind, id });
    return published ? 'Reported.' : 'Noted; nothing listens to it yet.';
  } catch {
    return 'It could not be reported.';
  }
}

function announce(fresh) {
  if (isFirst || fresh.length === 0) return;
  const last = fresh[fresh.length - 1];
  const kind = last.channel === 'email' ? 'e-mail' : 'text message';
  at('news').textContent = `${fresh.length} new, the last an ${kind} to ${last.to}`.replace('an text', 'a text');
}

function take(fresh) {
  for (const one of fresh) {
    newest = Math.max(newest, Number(one.id));
    if (one.channel === 'email') {
      mails.unshift(one);
      at('mails').prepend(mailButton(one));
    } else {
      texts.push(one);
      addOption(at('number'), one.to);
      if (!isFirst) at('number').value = one.to;
    }
  }
  if (fresh.length > 0 || isFirst) {
    showMails();
    showTexts();
  }
  if (selected === null && mails.length > 0) open(mails[0], false);
  announce(fresh);
  isFirst = false;
}

async function poll() {
  try {
    const query = newest === 0 ? '' : `?after=${newest}`;
    const fresh = await (await fetch(`/outbox.json${query}`)).json();
    const known = await (await fetch('/outbox/replies.json')).json();
    const isChanged = known.length !== replies.length;
    replies = known;
    take(fresh);
    if (isChanged) showTexts();
  } catch {
    // The local run was stopped or starts again; the next poll tells.
  }
  setTimeout(poll, document.hidden ? POLL_MILLISECONDS * 5 : POLL_MILLISECONDS);
}

at('recipient').addEventListener('input', showMails);
at('number').addEventListener('change', showTexts);
at('show-html').addEventListener('click', () => view('html'));
at('show-text').addEventListener('click', () => view('text'));
for (const button of document.querySelectorAll('[data-report]')) {
  button.addEventListener('click', async () => {
    document.querySelector('.reported').textContent = await report(button.dataset.report, selected.id);
  });
}
at('reply').addEventListener('submit', async (event) => {
  event.preventDefault();
  const field = at('answer');
  await post('/outbox/sms-reply', { from: at('number').value, body: field.value });
  field.value = '';
  field.focus();
  replies = await (await fetch('/outbox/replies.json')).json();
  showTexts();
});
poll();
