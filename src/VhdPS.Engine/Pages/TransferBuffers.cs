using System.Collections.Concurrent;

namespace VhdPS.Engine.Pages;

/// <summary>Buffers of one unit each, as many as were ever in use at once.</summary>
internal sealed class TransferBuffers
{
    private readonly ConcurrentBag<byte[]> _free = [];

    /// <summary>A buffer with anything in it.</summary>
    public byte[] Take() => _free.TryTake(out byte[]? buffer) ? buffer : GC.AllocateUninitializedArray<byte>(PageBlob.MaxRequestBytes);

    /// <summary>Gives a buffer back.</summary>
    public void Return(byte[] buffer) => _free.Add(buffer);
}
