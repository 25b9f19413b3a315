//! The thread of a relay: takes datagrams, lets the weather have them, and sends on what is left.

use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::mpsc::{Receiver, Sender, TryRecvError, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use mio::net::UdpSocket;
use mio::{Events, Interest, Poll, Token, Waker};

use super::flow::Flow;
use super::relay::bind;
use super::{Counts, Weather};

/// Most flows of one relay; further clients are not heard.
const FLOWS: usize = 256;

/// Something to do is looked for this often at least.
const AT_LEAST: Duration = Duration::from_millis(100);

const ORDERS: Token = Token(usize::MAX);

/// What a relay is asked to do.
pub(super) enum Order {
    /// Relay whoever sends to this socket to this address.
    Everybody(UdpSocket, SocketAddr),
    /// Relay between this socket's only client and this socket's only server.
    Couple((UdpSocket, SocketAddr), (UdpSocket, SocketAddr)),
}

/// A running engine; dropping it ends its thread.
#[derive(Debug)]
pub(super) struct Engine {
    orders: Option<Sender<Order>>,
    waker: Waker,
    counts: Arc<Mutex<Counts>>,
    thread: Option<JoinHandle<()>>,
}

impl Engine {
    pub(super) fn start(weather: Weather) -> Self {
        let (orders, receiver) = channel();
        let poll = Poll::new().expect("a poll can be made");
        let waker = Waker::new(poll.registry(), ORDERS).expect("a poll can be woken");
        let counts = Arc::new(Mutex::new(Counts::default()));
        let shared = Arc::clone(&counts);
        let thread = std::thread::spawn(move || {
            let buffer = vec![0; 65_536];
            Work { poll, weather, counts: shared, fronts: Vec::new(), flows: Vec::new(), buffer }
                .run(&receiver);
        });
        Self { orders: Some(orders), waker, counts, thread: Some(thread) }
    }

    pub(super) fn order(&self, order: Order) {
        if let Some(orders) = &self.orders {
            orders.send(order).expect("the relay runs");
        }
        self.waker.wake().expect("the relay can be woken");
    }

    pub(super) fn counts(&self) -> Counts {
        *self.counts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        self.orders = None;
        // If it cannot be woken, it looks by itself soon.
        self.waker.wake().ok();
        if let Some(Err(_)) = self.thread.take().map(JoinHandle::join) {
            eprintln!("the relay has panicked");
        }
    }
}

/// A socket that faces clients.
struct Front {
    socket: Rc<UdpSocket>,
    /// Where new clients are relayed to, if they are.
    everybody: Option<SocketAddr>,
}

struct Work {
    poll: Poll,
    weather: Weather,
    counts: Arc<Mutex<Counts>>,
    fronts: Vec<Front>,
    flows: Vec<Flow>,
    buffer: Vec<u8>,
}

impl Work {
    fn run(mut self, orders: &Receiver<Order>) {
        let mut events = Events::with_capacity(64);
        loop {
            let next = self.flows.iter().filter_map(Flow::next_at).min();
            let wait = next.map_or(AT_LEAST, |at| at.saturating_duration_since(Instant::now()).min(AT_LEAST));
            // The poll counts whole milliseconds, and less is no wait at all.
            let wait = if wait.is_zero() { wait } else { wait.max(Duration::from_millis(1)) };
            if let Err(error) = self.poll.poll(&mut events, Some(wait)) {
                assert!(error.kind() == io::ErrorKind::Interrupted, "the poll fails: {error}");
            }
            loop {
                match orders.try_recv() {
                    Ok(order) => self.obey(order).expect("sockets can be watched"),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return,
                }
            }
            let counts = Arc::clone(&self.counts);
            let mut counts = counts.lock().unwrap_or_else(PoisonError::into_inner);
            for event in &events {
                self.read(event.token(), &mut counts);
            }
            let now = Instant::now();
            self.flows.iter_mut().for_each(|flow| flow.deliver(now, &mut counts));
        }
    }

    fn obey(&mut self, order: Order) -> io::Result<()> {
        match order {
            Order::Everybody(socket, server) => {
                self.add_front(socket, Some(server))?;
            }
            Order::Couple((front, client), (back, server)) => {
                let front = self.add_front(front, None)?;
                self.add_flow((front, client), (back, server))?;
            }
        }
        Ok(())
    }

    fn read(&mut self, token: Token, counts: &mut Counts) {
        let now = Instant::now();
        let Token(number) = token;
        if token == ORDERS {
        } else if number % 2 == 1 {
            if let Some(flow) = self.flows.get_mut(number / 2) {
                flow.answers(now, &mut self.buffer, counts);
            }
        } else if let Some(front) = self.fronts.get(number / 2) {
            let (socket, everybody) = (Rc::clone(&front.socket), front.everybody);
            while let Ok((length, from)) = socket.recv_from(&mut self.buffer) {
                let flow = self.flow_of(&socket, from, everybody);
                if let Some(flow) = flow.and_then(|number| self.flows.get_mut(number)) {
                    flow.sent(now, &self.buffer[..length], counts);
                }
            }
        }
    }

    /// The flow of a client, a new one if anybody may come to this socket.
    fn flow_of(
        &mut self,
        socket: &Rc<UdpSocket>,
        from: SocketAddr,
        everybody: Option<SocketAddr>,
    ) -> Option<usize> {
        let known = self.flows.iter().position(|flow| flow.is_of(socket, from));
        let (None, Some(server), true) = (known, everybody, self.flows.len() < FLOWS) else { return known };
        let free = SocketAddr::new(socket.local_addr().expect("it is bound").ip(), 0);
        let back = bind(free).expect("a free port");
        self.add_flow((Rc::clone(socket), from), (back, server)).expect("sockets can be watched");
        Some(self.flows.len() - 1)
    }

    fn add_front(
        &mut self,
        mut socket: UdpSocket,
        everybody: Option<SocketAddr>,
    ) -> io::Result<Rc<UdpSocket>> {
        let token = Token(self.fronts.len() * 2);
        self.poll.registry().register(&mut socket, token, Interest::READABLE)?;
        let socket = Rc::new(socket);
        self.fronts.push(Front { socket: Rc::clone(&socket), everybody });
        Ok(socket)
    }

    fn add_flow(
        &mut self,
        front: (Rc<UdpSocket>, SocketAddr),
        back: (UdpSocket, SocketAddr),
    ) -> io::Result<()> {
        let number = self.flows.len();
        let mut flow = Flow::new(front, back, &self.weather, number as u64);
        self.poll.registry().register(flow.back(), Token(number * 2 + 1), Interest::READABLE)?;
        self.flows.push(flow);
        Ok(())
    }
}
