using System.Buffers.Binary;

namespace VhdPS.Engine.Nbd;

/// <summary>
/// The bytes of one connection. What is written is gathered and sent by <see cref="Flush"/>; what was received ahead is
/// kept. One thread may read while another writes.
/// </summary>
internal sealed class Wire : IDisposable
{
    private const int InputSize = 64 * 1024;
    private const int FirstOutputSize = 16 * 1024;

    // Bytes a second.
    private const long SlowestRate = 64 * 1024;

    private readonly Stream _stream;
    private readonly Watchdog? _watchdog;

    // Not from a pool: whoever closes the connection may do so while another thread is still filling them.
    private readonly byte[] _input = new byte[InputSize];
    private readonly int _outputSize;
    private byte[] _output;
    private int _inputStart;
    private int _inputEnd;
    private int _outputEnd;

    /// <summary>Takes a connection over and closes it in the end.</summary>
    /// <param name="stream">The connection.</param>
    /// <param name="uri">The address, for messages.</param>
    /// <param name="outputSize">The most bytes that are gathered before they are sent.</param>
    /// <param name="watchdog">What ends the connection when the peer takes too long; for messages.</param>
    public Wire(Stream stream, string uri, int outputSize, Watchdog? watchdog = null)
    {
        _stream = stream;
        _watchdog = watchdog;
        _outputSize = outputSize;
        _output = new byte[Math.Min(outputSize, FirstOutputSize)];
        Uri = uri;
    }

    /// <summary>The address.</summary>
    public string Uri { get; }

    /// <summary>How long the peer may take to send what is read in one go, above a second for each 64 KiB; null: no limit of its
    /// own.</summary>
    public TimeSpan? ReceiveLimit { get; set; }

    /// <summary>How long the peer may take to receive what is sent in one go. Only where one thread both reads and writes.</summary>
    public TimeSpan? SendLimit { get; set; }

    /// <summary>Received and not read yet.</summary>
    public ReadOnlySpan<byte> Received => _input.AsSpan(_inputStart, _inputEnd - _inputStart);

    /// <summary>Written and not sent yet, in bytes.</summary>
    public int UnsentLength => _outputEnd;

    /// <summary>Waits until something has been received; false where the peer has ended the connection instead.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public bool WaitForInput() => _inputEnd > _inputStart || Receive() > 0;

    /// <summary>The next bytes, valid until something else is read.</summary>
    /// <param name="count">Bytes, few enough for the buffer.</param>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public ReadOnlySpan<byte> Take(int count)
    {
        if (_inputEnd - _inputStart >= count)
        {
            _inputStart += count;
            return _input.AsSpan(_inputStart - count, count);
        }

        Allow(ReceiveLimit, count);
        ReadOnlySpan<byte> bytes = TakeReceived(count);
        Pause(ReceiveLimit);
        return bytes;
    }

    /// <summary>Fills <paramref name="buffer"/>.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public void Read(Span<byte> buffer)
    {
        Allow(ReceiveLimit, buffer.Length);
        int ahead = Math.Min(buffer.Length, _inputEnd - _inputStart);
        _input.AsSpan(_inputStart, ahead).CopyTo(buffer);
        _inputStart += ahead;
        for (Span<byte> rest = buffer[ahead..]; rest.Length > 0;)
        {
            if (rest.Length < InputSize / 4)
            {
                TakeReceived(rest.Length).CopyTo(rest);
                break;
            }

            int count = ReceiveInto(rest);
            rest = count > 0 ? rest[count..] : throw Lost(null);
        }

        Pause(ReceiveLimit);
    }

    public ushort ReadUInt16() => BinaryPrimitives.ReadUInt16BigEndian(Take(sizeof(ushort)));

    public uint ReadUInt32() => BinaryPrimitives.ReadUInt32BigEndian(Take(sizeof(uint)));

    public ulong ReadUInt64() => BinaryPrimitives.ReadUInt64BigEndian(Take(sizeof(ulong)));

    /// <summary>Reads bytes that nobody wants.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public void Skip(long count)
    {
        Allow(ReceiveLimit, count);
        while (count > 0)
        {
            int part = (int)Math.Min(count, InputSize / 4);
            TakeReceived(part);
            count -= part;
        }

        Pause(ReceiveLimit);
    }

    /// <summary>Space for bytes that are to be sent; they are sent where so many do not fit beside what waits already.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public Span<byte> Reserve(int count)
    {
        if (_outputEnd + count > _outputSize)
        {
            Flush();
        }

        if (_outputEnd + count > _output.Length)
        {
            byte[] larger = GC.AllocateUninitializedArray<byte>(_outputSize);
            _output.AsSpan(0, _outputEnd).CopyTo(larger);
            _output = larger;
        }

        return _output.AsSpan(_outputEnd, count);
    }

    /// <summary>Takes the first bytes of what was reserved as written.</summary>
    public void Commit(int count) => _outputEnd += count;

    public void WriteUInt16(ushort value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Reserve(sizeof(ushort)), value);
        Commit(sizeof(ushort));
    }

    public void WriteUInt32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Reserve(sizeof(uint)), value);
        Commit(sizeof(uint));
    }

    public void WriteUInt64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Reserve(sizeof(ulong)), value);
        Commit(sizeof(ulong));
    }

    /// <summary>Gathers <paramref name="data"/>, or sends it where it is long.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public void Write(ReadOnlySpan<byte> data)
    {
        if (data.Length > _outputSize)
        {
            Flush();
            Send(data);
            return;
        }

        data.CopyTo(Reserve(data.Length));
        Commit(data.Length);
    }

    /// <summary>Sends what was written.</summary>
    /// <exception cref="NbdException">The connection is lost.</exception>
    public void Flush()
    {
        if (_outputEnd > 0)
        {
            int length = _outputEnd;
            _outputEnd = 0;
            Send(_output.AsSpan(0, length));
        }
    }

    /// <summary>A fault of the peer.</summary>
    public NbdException Violation(string what, string expected, ulong found) => NbdException.Violation(Uri, what, expected, found);

    /// <summary>A fault of the peer.</summary>
    public NbdException Violation(string what, string expected, string found) => NbdException.Violation(Uri, what, expected, found);

    /// <inheritdoc/>
    public void Dispose() => _stream.Dispose();

    private ReadOnlySpan<byte> TakeReceived(int count)
    {
        while (_inputEnd - _inputStart < count)
        {
            if (Receive() == 0)
            {
                throw Lost(null);
            }
        }

        _inputStart += count;
        return _input.AsSpan(_inputStart - count, count);
    }

    private int Receive()
    {
        if (_inputStart == _inputEnd)
        {
            _inputStart = _inputEnd = 0;
        }
        else if (_inputStart > 0)
        {
            _input.AsSpan(_inputStart, _inputEnd - _inputStart).CopyTo(_input);
            _inputEnd -= _inputStart;
            _inputStart = 0;
        }

        int count = ReceiveInto(_input.AsSpan(_inputEnd));
        _inputEnd += count;
        return count;
    }

    private int ReceiveInto(Span<byte> buffer)
    {
        try
        {
            return _stream.Read(buffer);
        }
        catch (Exception error) when (IsLoss(error))
        {
            throw Lost(error);
        }
    }

    private void Send(ReadOnlySpan<byte> data)
    {
        Allow(SendLimit, data.Length);
        try
        {
            _stream.Write(data);
        }
        catch (Exception error) when (IsLoss(error))
        {
            throw Lost(error);
        }

        Pause(SendLimit);
    }

    private void Allow(TimeSpan? limit, long byteCount)
    {
        if (limit is { } time)
        {
            _watchdog!.Allow(time + TimeSpan.FromSeconds(byteCount / SlowestRate));
        }
    }

    private void Pause(TimeSpan? limit)
    {
        if (limit is not null)
        {
            _watchdog!.Pause();
        }
    }

    // InvalidOperationException: so SslStream speaks of a connection that was closed under it.
    private static bool IsLoss(Exception error) => error is IOException or ObjectDisposedException or InvalidOperationException;

    private NbdException Lost(Exception? error) => _watchdog?.IsExpired == true
        ? new NbdException(Uri, NbdFault.TimedOut, "the peer did not answer in time.", error)
        : new NbdException(Uri, NbdFault.ConnectionLost, "the peer ended the connection in the middle of a message.", error);
}
