using VhdPS.Engine.Vhdx;

namespace VhdPS.Tests.Vhdx;

public sealed class ChunkBitmapTests
{
    [Fact]
    public void BitZeroOfByteZeroIsTheFirstSector()
    {
        byte[] bitmap = new byte[8];
        ChunkBitmap.SetRange(bitmap, 0, 1);
        Assert.Equal(0x01, bitmap[0]);
        ChunkBitmap.SetRange(bitmap, 15, 1);
        Assert.Equal(0x80, bitmap[1]);
    }

    [Fact]
    public void RunsAndCountsAreThoseOfAListOfBits()
    {
        var random = new Random(3);
        for (int round = 0; round < 100; round++)
        {
            bool[] bits = new bool[random.Next(1, 40) * 8];
            byte[] bitmap = new byte[bits.Length / 8];
            for (int pieces = random.Next(6); pieces > 0; pieces--)
            {
                int start = random.Next(bits.Length), count = random.Next(bits.Length - start + 1);
                bits.AsSpan(start, count).Fill(true);
                ChunkBitmap.SetRange(bitmap, start, count);
            }

            int upTo = random.Next(bits.Length + 1);
            Assert.Equal(bits.Take(upTo).Count(bit => bit), ChunkBitmap.CountSet(bitmap, upTo));
            for (int start = 0; start < bits.Length; start++)
            {
                int count = random.Next(1, bits.Length - start + 1);
                int run = ChunkBitmap.RunLength(bitmap, start, count, out bool isSet);
                Assert.Equal(bits[start], isSet);
                Assert.Equal(bits.Skip(start).Take(count).TakeWhile(bit => bit == isSet).Count(), run);
            }
        }
    }
}
