namespace VhdPS.Tests.Nbd;

/// <summary>A connection whose peer says what was written down beforehand, whatever it is answered, and then leaves.</summary>
internal sealed class ScriptStream(byte[] script) : Stream
{
    private int _position;

    /// <summary>Bytes that the peer was sent.</summary>
    public long SentLength { get; private set; }

    /// <summary>Bytes that were asked for after the peer had left.</summary>
    public int ReadsPastEnd { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int Read(Span<byte> buffer)
    {
        int count = Math.Min(buffer.Length, script.Length - _position);
        script.AsSpan(_position, count).CopyTo(buffer);
        _position += count;
        ReadsPastEnd += count == 0 ? 1 : 0;
        return count;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer) => SentLength += buffer.Length;

    public override void Write(byte[] buffer, int offset, int count) => SentLength += count;

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();
}
