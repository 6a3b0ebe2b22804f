using VhdPS.Engine.Format;


namespace VhdPS.Tests.Format;

public sealed class BlockAllocationTableTests
{
    [Fact]
    public void EntriesAreBigEndianAndPaddingIsOnes()
    {
        var table = BlockAllocationTable.CreateUnused(3);
        table[1] = 0x01020304;
        byte[] bytes = new byte[20];
        table.Encode(0, bytes);
        Assert.Equal("FFFFFFFF01020304FFFFFFFFFFFFFFFFFFFFFFFF", Convert.ToHexString(bytes));
        table.Encode(1, bytes);
        Assert.Equal("01020304FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF", Convert.ToHexString(bytes));
        table.Encode(1, bytes.AsSpan(0, 4));
        Assert.Equal("01020304", Convert.ToHexString(bytes.AsSpan(0, 4)));
    }

    [Fact]
    public void ReadIsTheInverseOfEncode()
    {
        byte[] bytes = new byte[4 * 777];
        new Random(5).NextBytes(bytes);
        BlockAllocationTable table = BlockAllocationTable.Read(777, destination => bytes.CopyTo(destination));
        byte[] again = new byte[bytes.Length];
        table.Encode(0, again);
        Assert.Equal(bytes, again);
        Assert.Equal(777, table.Count);
    }

    [Fact]
    public void CountsTheEntriesInUse()
    {
        var random = new Random(6);
        for (int round = 0; round < 200; round++)
        {
            var table = BlockAllocationTable.CreateUnused(random.Next(60));
            int used = 0;
            for (int i = 0; i < table.Count; i++)
            {
                if (random.Next(3) == 0)
                {
                    table[i] = (uint)random.Next();
                    used++;
                }
            }

            Assert.Equal(used, table.CountAllocated());
        }
    }
}
