/** Counts down to the expiry of the credentials on the page. The page is whole without it. */
import '/assets/copy.js'

const expiry = document.querySelector('[data-expiry]')
const lifetime = document.querySelector('[data-lifetime]')
const countdown = document.querySelector('[data-countdown]')
const milestone = document.querySelector('[data-milestone]')

const expiresAtMs = Date.parse(expiry.dateTime)

/** Said once each, when so many seconds or fewer are left; the nearest comes first. */
const milestones = [
  { seconds: 0, words: 'These credentials have expired. Get new ones from your roles.' },
  { seconds: 60, words: 'Less than a minute left.' },
  { seconds: 300, words: 'Less than five minutes left.' },
]

/** `1:02:03` from an hour upward, `2:03` below. */
function clockFace(seconds) {
  const twoDigits = number => String(number).padStart(2, '0')
  const hours = Math.floor(seconds / 3600)
  const minutes = Math.floor((seconds % 3600) / 60)
  const rest = twoDigits(seconds % 60)
  return hours > 0 ? `${hours}:${twoDigits(minutes)}:${rest}` : `${minutes}:${rest}`
}

function tick() {
  // Read from the clock each time: a laptop that slept must wake to the truth.
  const leftMs = expiresAtMs - Date.now()
  const seconds = Math.max(0, Math.ceil(leftMs / 1000))
  countdown.textContent = seconds > 0 ? clockFace(seconds) : 'Expired'
  lifetime.dataset.lifetime = seconds === 0 ? 'over' : seconds <= 300 ? 'short' : ''

  // Only a change is written: a live region that is written each second is read out each second.
  const words = milestones.find(step => seconds <= step.seconds)?.words ?? ''
  if (milestone.textContent !== words) milestone.textContent = words

  if (seconds > 0) setTimeout(tick, leftMs % 1000 || 1000)
}

/** No role's session outlives a day, so the weekday is date enough. */
function showLocalTime() {
  const local = new Intl.DateTimeFormat('en-GB', {
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZoneName: 'short',
  })
  expiry.title = expiry.dateTime
  expiry.textContent = local.format(expiresAtMs)
}

if (Number.isFinite(expiresAtMs)) {
  showLocalTime()
  countdown.hidden = false
  tick()
}
